import { damagedFeaturesAreReadOrRefused, FORMATS } from "./feature_properties.ts";

for (const format of Object.keys(FORMATS)) {
  Deno.test(`damaged .${format} features are read or refused`, () =>
    damagedFeaturesAreReadOrRefused(format, 300));
}
