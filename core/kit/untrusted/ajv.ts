/** The validator of whole schemas, for the checks of profiles and manifests. Only this folder imports ajv. */
export { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
