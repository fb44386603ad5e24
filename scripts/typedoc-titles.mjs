// A TypeDoc plugin: a page without a `title` of its own is called by its first heading, not by its path.
import { Converter } from 'typedoc';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const page of project.documents ?? []) {
      const text = page.content.map((part) => part.text).join('');
      const heading = /^# (.+)$/m.exec(text)?.[1];
      // TypeDoc has taken a `title` out of the front matter by now: what is left has its path as name.
      if (heading && /^(docs\/|CHANGELOG$)/.test(page.name)) page.name = heading;
    }
  });
}
