/** Colours and type of charts. The palettes are Okabe–Ito, ordered by contrast with their background. */
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
  quiet: '#a3a9b3',
  faint: '#b4b9c2',
  palette: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#1c1f24'],
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
  quiet: '#6b727d',
  faint: '#59606b',
  palette: ['#56b4e9', '#e69f00', '#2bc29a', '#cc79a7', '#f0e442', '#d9702b', '#e6e8eb'],
  heat: [
    [24, 44, 66],
    [214, 236, 255],
  ],
  font: 'system-ui, sans-serif',
}
