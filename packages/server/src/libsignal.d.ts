/** Our own Signal package (packages/signal), as far as the server looks at it. */
declare module 'libsignal' {
  export const implementation: string;
}
