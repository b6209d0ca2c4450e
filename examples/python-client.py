"""Asks any model in OpenAI's words, streaming, with nothing but Python's own library."""

import json
import os
import sys
import urllib.request

url = os.environ.get("POLYGATE_URL", "http://127.0.0.1:4000")
body = {
    "model": os.environ.get("MODEL", "openai/gpt-4.1-mini"),
    "messages": [{"role": "user", "content": " ".join(sys.argv[1:]) or "Say hello."}],
    "stream": True,
}
request = urllib.request.Request(
    f"{url}/v1/chat/completions",
    data=json.dumps(body).encode(),
    headers={"content-type": "application/json", "authorization": f"Bearer {os.environ.get('POLYGATE_KEY', 'open')}"},
)
with urllib.request.urlopen(request) as reply:
    for line in reply:
        if not line.startswith(b"data: {"):
            continue
        for choice in json.loads(line[6:])["choices"]:
            print(choice["delta"].get("content") or "", end="", flush=True)
print()
