export * from './src/index.ts' // until nobody imports it by this path any more
