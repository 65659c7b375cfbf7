/** What the project's own tests use, for the tests of plugins: fakes, a host of one's own, the lifecycle suite. */
export type { ContractContext, SinkBackend } from "./contract/cases.ts";
export { type ContractSubject, contractSuite } from "./contract-suite.ts";
export { FakeClock } from "./fake-clock.ts";
export { type FakeAnswer, FakeModel } from "./fake-model.ts";
export { type FakeProgram, FakeSandbox, FakeSandboxSession } from "./fake-sandbox.ts";
export { LeakCheck } from "./leaks.ts";
export { type LifecycleCase, type LifecycleSubject, lifecycleSuite } from "./lifecycle-suite.ts";
export { MemorySink } from "./memory-sink.ts";
export type { TestFailure, TestResult } from "./profile/run-tests.ts";
export { type TestProfileOptions, testProfile } from "./profile/test-profile.ts";
export { startTestHost, type TestHost } from "./test-host.ts";
