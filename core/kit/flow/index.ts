export { describeFlow, instancesIn, instancesOf, isAbsent } from "./flow-facts.ts";
export { type FlowChild, type FlowCombination, type FlowShape, flowShape } from "./flow-shape.ts";
