import { useLocalStorage } from '@mantine/hooks';

export type View = 'cards' | 'table';

/** Cards or table, remembered in this browser. */
export function useView() {
  return useLocalStorage<View>({
    key: 'claviger-keys-view',
    defaultValue: 'cards',
    getInitialValueInEffect: false,
    serialize: (view) => view,
    deserialize: (text) => (text === 'table' ? 'table' : 'cards'),
  });
}
