// Nothing here may lead out of this server: no hosted client, agent, registry, fonts or telemetry.
const SETTINGS = {
  url: '/v1/openapi.json',
  theme: 'none',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  hiddenClients: {
    c: true,
    clojure: true,
    csharp: true,
    dart: true,
    fsharp: true,
    http: true,
    java: true,
    kotlin: true,
    node: ['axios', 'undici', 'ofetch'],
    objc: true,
    ocaml: true,
    powershell: true,
    r: true,
    rust: true,
    shell: ['httpie', 'wget'],
    swift: true,
    js: ['axios', 'jquery', 'ofetch', 'xhr'],
  },
  documentDownloadType: 'json',
  defaultOpenFirstTag: false,
  orderRequiredPropertiesFirst: true,
  orderSchemaPropertiesBy: 'preserve',
  persistAuth: false,
  customCss: `
    :root { --scalar-font: system-ui, sans-serif; --scalar-font-code: ui-monospace, monospace; }
    .darklight-reference a[href*='scalar.com'] { display: none; }
  `,
};

/**
 * Runs before the reference's own script, whose style sheets are made at run time: each gets the page's nonce. It also
 * asks whether it may make code from text; it may not, and learns that here without breaking the page's policy.
 */
export const REFERENCE_GUARD = `{
  const { nonce } = document.currentScript;
  const create = Document.prototype.createElement;
  Document.prototype.createElement = function (name, options) {
    const element = create.call(this, name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  };
  const FunctionFromText = function () { throw new EvalError('no code is made from text on this page'); };
  FunctionFromText.prototype = Function.prototype;
  window.Function = FunctionFromText;
}`;

/** Starts the API reference on its page. */
export const REFERENCE_SCRIPT = `Scalar.createApiReference('#reference', ${JSON.stringify(SETTINGS)});`;
