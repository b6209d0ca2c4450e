/**
 * Whose connection it is, as far as its address tells: an IPv4 address, written plainly also where it came mapped into IPv6; of IPv6 the
 * first 64 bits, as one customer is given them all.
 */
export function addressGroup(remote: string): string {
  if (!remote.includes(":")) return remote;
  if (remote.includes(".")) return remote.slice(remote.lastIndexOf(":") + 1);
  const [head = "", tail] = remote.split("%", 1).join("").split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? 0 : tail.split(":").length;
    while (groups.length + after < 8) groups.push("0");
  }
  return groups.slice(0, 4).concat("0", "0", "0", "0").slice(0, 4).join(":");
}
