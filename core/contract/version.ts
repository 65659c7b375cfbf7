/**
 * The version of this contract. A manifest says with `api` which one its plugin is written for, and a host says which one
 * it speaks (`HostInfo.contract`); a plugin of another version is refused with SLUICE_PLUGIN_API before its code is read.
 *
 * It grows by one when a plugin that keeps today's promises would break: a method taken away or asked for anew, a type
 * made narrower that plugins are given, or wider that they give. What is optional and new leaves it as it is.
 */
export const contractVersion = 1;
