/** Python's package `concurrent`. */
export * as futures from './futures';
