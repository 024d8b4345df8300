/** The variable that says where the brokers are: KBENCH_CLUSTER__BOOTSTRAP before KBENCH_BOOTSTRAP_SERVER; one that is empty is not set. */
export function brokersOfEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): { name: string; list: string } | undefined {
  return ['KBENCH_CLUSTER__BOOTSTRAP', 'KBENCH_BOOTSTRAP_SERVER'].flatMap((name) => {
    // As a list of YAML, too; [::1]:9092 is none.
    const text = env[name]?.trim().replace(/^\[(.*)\]$/, '$1') ?? ''
    const list = text.split(',').map((each) => each.trim().replace(/^(["'])(.*)\1$/, '$2'))
    return text === '' ? [] : [{ name, list: list.join(',') }]
  })[0]
}
