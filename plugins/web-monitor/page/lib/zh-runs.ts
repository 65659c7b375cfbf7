/** Texts of a run, and of what is asked in one. */
export const chineseOfRuns: Readonly<Record<string, string>> = {
  "until {time}": "截至 {time}",
  "The code that runs": "将运行的代码",
  "Approve as changed": "按更改批准",
  "Change it first": "先修改",
  "As it was": "恢复原样",
  "The same question is then approved by itself until the session ends.": "在会话结束之前，同样的问题会自动批准。",
  "always for this session": "本会话内始终批准",
  "changed before it ran": "运行前被修改",
  "It may use {budget}.": "它最多可用 {budget}。",
  "{n} tokens": "{n} 个令牌",
  "{n} tokens of input": "{n} 个输入令牌",
  "{n} tokens of output": "{n} 个输出令牌",
  Allowed: "限额",
  "its middle": "中间部分",
  "{size} between the beginning and the end are not shown.": "开头与结尾之间有 {size} 未显示。",
  "Load {size}": "加载 {size}",
};
