/**
 * A time as `h:mm:ss.mmm`, rounded to the nearest of the given digits (0 to 3).
 *
 * @example
 * timeCode(3723.0666); // "1:02:03.067"
 * timeCode(59.9996, 0); // "0:01:00"
 */
export function timeCode(seconds: number, digits: 0 | 1 | 2 | 3 = 3): string {
  const unit = 10 ** digits;
  const units = Math.round(Math.max(0, seconds) * unit);
  const whole = Math.floor(units / unit);
  const fraction = digits === 0 ? "" : "." + String(units % unit).padStart(digits, "0");
  const two = (value: number) => String(value).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}` +
    fraction;
}
