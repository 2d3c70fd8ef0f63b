/** Any JSON value: what arrives in a field that the gateway carries without reading. */
export type Json = string | number | boolean | null | Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json
}
