/** A value that a slot takes from a file. */
export interface FileValue {
  /** Of the parameter or buffer. */
  name: string;
  shape: number[];
  data: Float32Array;
  path: string;
}
