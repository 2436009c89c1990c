/**
 * For code that writes style elements, on a page whose content security policy lets none in: what is written into such an
 * element becomes a style sheet that the page adopts, and a `style` attribute is set through the object model.
 */

const adopted = (document: Document): HTMLElement => {
  // Even an empty style element is reported, so that another one stands in its place.
  const element = document.createElement("template")
  const sheet = new CSSStyleSheet()
  document.adoptedStyleSheets.push(sheet)
  Object.defineProperty(element, "textContent", {
    get: () => "",
    set: (css: string) => {
      sheet.replaceSync(css)
    },
  })
  element.remove = () => {
    const at = document.adoptedStyleSheets.indexOf(sheet)
    if (at !== -1) document.adoptedStyleSheets.splice(at, 1)
    Element.prototype.remove.call(element)
  }
  return element
}

const styled = (element: HTMLElement): HTMLElement => {
  element.setAttribute = (name: string, value: string) => {
    if (name === "style") element.style.cssText = value
    else Element.prototype.setAttribute.call(element, name, value)
  }
  return element
}

/** The document as such code may have it. */
export const withoutStyleElements = (document: Document): Document => {
  const createElement = (name: string) => (name === "style" ? adopted(document) : styled(document.createElement(name)))
  return new Proxy(document, {
    get: (target, key) => {
      if (key === "createElement") return createElement
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === "function" ? (value.bind(target) as unknown) : value
    },
  })
}

/** Runs what makes its style elements at once and with the page's own document, as the viewport of xterm 6.0 does. */
export const whileAdopting = (document: Document, run: () => void): void => {
  const create = document.createElement.bind(document)
  const adopting = (name: string, options?: ElementCreationOptions) => {
    if (name !== "style") return create(name, options)
    Reflect.deleteProperty(document, "createElement")
    const element = adopted(document)
    document.createElement = adopting
    return element
  }
  document.createElement = adopting
  try {
    run()
  } finally {
    // Its own one hides the prototype's, which comes back.
    Reflect.deleteProperty(document, "createElement")
  }
}
