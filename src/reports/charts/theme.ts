/** So many colours of the palette belong to clients. */
export const clientColours = 6

/** Colours beyond those of clients, by number: 0 is ink. */
export const quantityColour = (n: number): number => clientColours + (n % 4)

/** Colours and type of charts. Text, lines and marks have a contrast of at least 4.5 : 1 with the surface. */
export interface Theme {
  text: string
  muted: string
  grid: string
  surface: string
  band: string
  mark: string
  /** Ground of a fault, and its line and bar. */
  faultGround: string
  fault: string
  quiet: string
  /** Percentiles with fewer than 10 samples beyond. */
  faint: string
  /** The first {@link clientColours} are those of clients, then what else is drawn beside a client, ink first. */
  palette: string[]
  /** Ends of the heat map's ramp as [r, g, b]: least and largest share. */
  heat: [number[], number[]]
  font: string
}

export const lightTheme: Theme = {
  text: '#1c1f24',
  muted: '#5c636e',
  grid: '#e4e6ea',
  surface: '#ffffff',
  band: 'rgba(28, 31, 36, 0.045)',
  mark: '#8a5a00',
  faultGround: 'rgba(179, 38, 30, 0.07)',
  fault: '#b3261e',
  quiet: '#6b727d',
  faint: '#697079',
  palette: [
    ...['#0067a8', '#b84a00', '#007a55', '#9c3f7c', '#7a6200', '#00717d'],
    ...['#1c1f24', '#5c636e', '#7d4b2a', '#4b4f9e'],
  ],
  heat: [
    [222, 235, 247],
    [8, 48, 107],
  ],
  font: 'system-ui, sans-serif',
}

export const darkTheme: Theme = {
  text: '#e6e8eb',
  muted: '#a0a7b2',
  grid: '#2c3138',
  surface: '#16191d',
  band: 'rgba(230, 232, 235, 0.05)',
  mark: '#e69f00',
  faultGround: 'rgba(255, 138, 128, 0.10)',
  fault: '#ff8a80',
  quiet: '#8b929c',
  faint: '#858c96',
  palette: [
    ...['#56b4e9', '#f0a132', '#2bc29a', '#e08fc0', '#d8cf4a', '#74d0d8'],
    ...['#e6e8eb', '#a0a7b2', '#c99a78', '#9aa0f0'],
  ],
  heat: [
    [24, 44, 66],
    [214, 236, 255],
  ],
  font: 'system-ui, sans-serif',
}
