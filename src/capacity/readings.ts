/** Which reading of AWS's material counts where two contradict each other: src/capacity/msk/conflicts.csv, by its ids. */
export interface Readings {
  /** 1: MB/s of a volume of m7g.8xlarge and above that is not provisioned. */
  largeM7gVolumeMBps: number
  /** 2 */
  m7g2xlargeCanProvision: boolean
  /** 4: egress of an express broker as a multiple of its sustained ingress; null = out_sustained. */
  expressEgressPerIngress: number | null
  /** 5: copies that express storage is billed for. */
  expressCopies: number
  /** 6: MB/s in of a kafka.m5.large; null = by the K factors. */
  m5LargeInMBps: number | null
  /** 7: whether the replication share of the K factors follows the replication factor. */
  kFollowsReplication: boolean
  /** 8: MB/s of a MiB/s of volume throughput. */
  mbPerVolumeMiB: number
  /** 9 */
  utilization: number
}

export const readingsTaken: Readings = {
  largeM7gVolumeMBps: 250,
  m7g2xlargeCanProvision: true,
  expressEgressPerIngress: null,
  expressCopies: 1,
  m5LargeInMBps: null,
  kFollowsReplication: true,
  mbPerVolumeMiB: 1,
  utilization: 0.5,
}

/** Types that conflict 1 is about. */
export const isLargeM7g = (type: string): boolean => /^kafka\.m7g\.(8|12|16)xlarge$/.test(type)
