import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** The one accent colour. */
const accent: MantineColorsTuple = [
  '#eef2ff', '#dfe5fb', '#bcc8f4', '#96a9ee', '#758ee8', '#607de5', '#4263d8', '#3652c0', '#2d47aa', '#213a94',
];

/** Neutral greys with a trace of blue; steps are even, so that borders and text have the same distance in both schemes. */
const gray: MantineColorsTuple = [
  '#f8f9fb', '#f1f3f6', '#e6e9ee', '#d8dce3', '#c2c8d2', '#9aa2b1', '#6b7485', '#4d5565', '#363c49', '#20242d',
];
const dark: MantineColorsTuple = [
  '#dfe2e8', '#b9bec9', '#9aa1af', '#5c6371', '#3b414d', '#2f343e', '#22262e', '#191c23', '#14171c', '#0e1014',
];

const SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const MONO = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace';

export const theme = createTheme({
  colors: { accent, gray, dark },
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 6 },
  fontFamily: SANS,
  fontFamilyMonospace: MONO,
  headings: { fontFamily: SANS, fontWeight: '600' },
  defaultRadius: 'md',
  respectReducedMotion: true,
  cursorType: 'pointer',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  components: {
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, events: { hover: true, focus: true, touch: true } } },
    Menu: { defaultProps: { shadow: 'md' } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Close this message' } } },
    Button: { defaultProps: { size: 'sm' } },
    Table: { defaultProps: { verticalSpacing: 'xs', horizontalSpacing: 'sm' } },
    Select: { defaultProps: { checkIconPosition: 'right', comboboxProps: { shadow: 'md' } } },
  },
});

/** Dimmed text and errors keep a contrast of at least 4.5 to 1. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#20242d',
    '--mantine-color-dimmed': '#5b6373',
    '--mantine-color-placeholder': '#6b7485',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-anchor': '#3652c0',
    '--app-page': '#f8f9fb',
    '--app-border': '#e3e6ec',
  },
  dark: {
    '--mantine-color-body': '#191c23',
    '--mantine-color-text': '#dfe2e8',
    '--mantine-color-dimmed': '#9aa1af',
    '--mantine-color-placeholder': '#868e9d',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-anchor': '#96a9ee',
    '--app-page': '#14171c',
    '--app-border': '#2b303a',
  },
});
