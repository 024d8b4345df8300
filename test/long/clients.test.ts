import { declareOtherClients } from '../cluster/_other-clients.ts'

// The whole contract of the other clients.
await declareOtherClients({ isBrief: false })
