import {
  type Candidate,
  type Constraint,
  ceilingParts,
  expressIngressShare,
  kFactors,
  volumeOf,
} from './constraints.ts'
import type { Load } from './load.ts'
import { plainNumber as n, percentText } from './number-text.ts'
import type { Readings } from './readings.ts'

/** How the capacity of a constraint comes about, in figures of the data: "min(250, 625) ÷ 6.5 × 0.5". */
export function workingOf(constraint: Constraint, candidate: Candidate, load: Load, readings: Readings): string {
  const { broker } = candidate
  const volume = volumeOf(candidate, readings)
  const k = kFactors(load, readings)
  switch (constraint.name) {
    case 'ceiling': {
      const parts = ceilingParts(volume, broker, load.g, load.replication)
      const r = load.replication
      const copies = n(load.g + r - 1)
      return `min(volume ${n(volume)} ÷ ${r}, EBS ${n(broker.ebsNetMBps)} ÷ ${r}, EC2 ${n(broker.ec2NetMBps)} ÷ ${copies}) = ${n(
        Math.min(parts.volume, parts.ebs, parts.ec2),
      )}, × headroom ${percentText(load.headroom)}`
    }
    case 'resilient-ebs':
      return `min(EBS ${n(broker.ebsNetMBps)}, volume ${n(volume)}) ÷ K_ebs ${n(k.ebs)} × ${readings.utilization}`
    case 'resilient-network':
      return `EC2 ${n(broker.ec2NetMBps)} ÷ K_net ${n(k.net)} × ${readings.utilization}`
    case 'ingress-quota':
      return `${n(broker.inSustainedMBps)} sustained × ${expressIngressShare}`
    case 'egress-quota':
      return `${n(constraint.capacity)} sustained`
    case 'partition-rate':
      return '15 MB/s in per partition'
    case 'partitions':
      return broker.partitionsRecommended === null ? 'maximum per broker' : 'recommended per broker, replicas included'
    case 'storage':
      return 'average in × local retention × copies × 2, so that the volumes are half full'
    case 'connections':
      return 'TCP connections per broker with IAM'
    case 'cpu':
      return `${broker.vcpu} vCPU × 0.60${load.idleCores > 0 ? ` − ${n(load.idleCores)} idle` : ''}${load.cpuEstimate === null ? '' : `; demand by ${load.cpuEstimate}`}`
  }
}
