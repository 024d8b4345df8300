import { KbenchError } from '../base/errors.ts'
import { suggestion } from '../base/suggest.ts'
import { readCsv } from './csv.ts'
import { type MskData, type Price, priceOf } from './data.ts'

/**
 * The data with the prices of a file in their place. The file has rows as in prices.csv, where `item` may also be a
 * broker type (its price per hour), or rows as in brokers.csv. An item that the file does not name keeps its price, and
 * a warning of the candidate names it. Throws one `usage` error with everything that is wrong.
 */
export function withPrices(data: MskData, text: string, file: string): MskData {
  const { columns, rows } = readCsv(text, file)
  const hourly = columns.find((column) => column.startsWith('usd_per_hr'))
  const isBrokers = columns[0] === 'type' && hourly !== undefined
  const types = data.brokers.map(({ type }) => type)
  const wrong: string[] = []
  const prices = new Map<string, Price>()
  const hours = new Map<string, number>()
  if (!isBrokers && !(columns.includes('item') && columns.includes('value'))) {
    throw new KbenchError('usage', `--prices ${file}: no table of prices`, {
      hint: 'the columns are item,value,unit,region,as_of,src,note, as in src/capacity/msk/prices.csv',
    })
  }
  for (const { line, cells } of rows) {
    const item = cells[isBrokers ? 'type' : 'item']!
    const written = cells[isBrokers ? hourly : 'value']!
    const value = Number(written)
    const isType = types.includes(item)
    // The shipped table refers to brokers.csv in this row; its region and date are what counts.
    if (!isBrokers && item === 'broker_hour') prices.set(item, priceOf(cells))
    else if (!isType && (isBrokers || !data.prices.has(item))) {
      wrong.push(`${file}:${line}: unknown ${isBrokers ? 'type' : 'item'} "${item}", ${nearestOf(item, data)}`)
    } else if (written === '' || !Number.isFinite(value) || value <= 0) {
      wrong.push(`${file}:${line}: ${item}: expected a price above 0, got "${written}"`)
    } else {
      if (isType) hours.set(item, value)
      if (!isBrokers) prices.set(item, priceOf(cells))
    }
  }
  if (wrong.length > 0)
    throw new KbenchError('usage', `--prices ${file} is not valid`, { details: wrong.slice(0, 100) })
  const newest = [...prices.values()].filter(({ asOf }) => asOf !== '').sort((a, b) => (a.asOf < b.asOf ? 1 : -1))[0]
  const merged = new Map([...data.prices, ...[...prices].filter(([item]) => !types.includes(item))])
  return {
    ...data,
    brokers: data.brokers.map((broker) =>
      hours.has(broker.type) ? { ...broker, usdPerHour: hours.get(broker.type)! } : broker,
    ),
    prices: merged,
    region: newest?.region || data.region,
    asOf: newest?.asOf || data.asOf,
    pricesFile: file,
    replaced: new Set([...prices.keys(), ...hours.keys()]),
  }
}

const nearestOf = (item: string, data: MskData): string =>
  suggestion(item, [...data.prices.keys(), ...data.brokers.map(({ type }) => type)])
