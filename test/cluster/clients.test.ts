import { declareOtherClients } from './_other-clients.ts'

// The other clients of src/drivers, once; test/long/clients.test.ts does all of it.
await declareOtherClients({ isBrief: true })
