import { z } from "zod";
import { pixel } from "../material.ts";
import type { Medium, ToolSpec } from "./driver.ts";

export const image: Medium = { type: "image/png", base64: pixel };

export const pdf: Medium = {
  type: "application/pdf",
  base64: Buffer.from("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n").toString("base64"),
};

export const person = z.object({
  name: z.string(),
  age: z.int(),
  languages: z.array(z.string()),
  address: z.object({ city: z.string(), zip: z.string() }),
});

/** What the simulator invents for `person`. */
export const inventedPerson = {
  name: "sample name",
  age: 7,
  languages: ["sample languages"],
  address: { city: "sample city", zip: "sample zip" },
};

export const weather: ToolSpec = {
  name: "get_weather",
  description: "Current weather in a city",
  schema: z.object({
    city: z.string().describe("Name of the city"),
    days: z.int().min(1).max(5),
    unit: z.enum(["celsius", "fahrenheit"]),
    place: z.object({ tags: z.array(z.string()) }),
  }),
};

export const inventedWeather = { city: "sample city", days: 5, unit: "celsius", place: { tags: ["sample tags"] } };

export const clock: ToolSpec = {
  name: "get-time",
  description: "Local time in a zone",
  schema: z.object({ zone: z.string() }),
};

export const inventedTime = { zone: "sample zone" };
