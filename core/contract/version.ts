/**
 * The version of this contract. A manifest says with `api` which one its plugin is written for. A host says which one
 * it speaks (`HostInfo.contract`); a plugin of another version is refused with SLUICE_PLUGIN_API before its code is
 * read.
 *
 * It grows by one when a plugin that keeps today's promises would break: a method taken away or newly required; a
 * narrower type that plugins are given, or a wider one that they give. What is optional and new leaves it as it is.
 */
export const contractVersion = 1;
