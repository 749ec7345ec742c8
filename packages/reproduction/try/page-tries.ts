/** @file Projects whose pages run relbert. */
import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import type { Page } from 'playwright-core';
import { openPage, page, pageScript, serve } from './page.ts';
import { Project } from './project.ts';
import { recipe } from './recipe.ts';

const web = 'onnxruntime-web@1.30.0';

/** Starts a server of a project and opens the page at the address that it prints. */
async function withServer(
  project: Project,
  args: readonly string[],
  use: (url: string) => Promise<void>,
): Promise<void> {
  const child = spawn('npx', args, { cwd: project.folder, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += stripVTControlCharacters(String(chunk));
        const found = /http:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0):\d+/.exec(text)?.[0];
        if (found) resolve(found.replace('0.0.0.0', '127.0.0.1'));
      });
      child.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${text}`)));
    });
    await use(url);
  } finally {
    process.kill(-(child.pid as number));
  }
}

export const pageTries: Readonly<Record<string, () => Promise<void>>> = {
  async vite() {
    using project = new Project(web, 'vite@8.3.8');
    project.example('browser');
    const compare = async (tab: Page): Promise<string> => {
      const answer = tab.locator('#answer');
      await tab.waitForFunction(() => document.querySelector('#answer')?.textContent?.startsWith('ready on'));
      await tab.getByText('Compare').click();
      await tab.waitForFunction(() => document.querySelector('#answer')?.textContent?.startsWith('similarity'));
      return (await answer.textContent())?.replace('similarity', 'answer') ?? '';
    };
    project.run('npx', 'vite', 'build');
    using built = await serve(project.path('dist'));
    await openPage(`${built.url}/`, { answer: compare });
    await withServer(project, ['vite', '--host', '127.0.0.1'], (url) => openPage(`${url}/`, { answer: compare }));
  },
  async webpack() {
    using project = new Project(web, 'webpack@5.113.0', 'webpack-cli@7.3.1');
    project.write('app.js', pageScript('relbert'));
    project.run('npx', 'webpack', '--mode', 'development', '--entry', './app.js');
    project.write('dist/index.html', page('/main.js'));
    using built = await serve(project.path('dist'));
    await openPage(`${built.url}/`);
  },
  async esbuild() {
    using project = new Project(web, 'esbuild@0.28.2');
    project.write('app.js', pageScript('relbert'));
    project.run('sh', '-ec', recipe('browser.md', 'esbuild'));
    project.write('dist/index.html', page('/app.js'));
    using built = await serve(project.path('dist'));
    await openPage(`${built.url}/`);
  },
  async cdn() {
    using project = new Project(web);
    project.copy('node_modules/relbert', 'cdn/npm/relbert@0.1.0');
    project.copy('node_modules/relbert-minilm-l6', 'cdn/npm/relbert-minilm-l6@0.1.0');
    project.copy('node_modules/onnxruntime-web/dist', 'cdn/npm/onnxruntime-web@1.30.0/dist');
    using cdn = await serve(project.path('cdn'));
    const lines = recipe('browser.md', 'A page without a bundler').replaceAll('https://cdn.jsdelivr.net', cdn.url);
    project.write('page/index.html', `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">${lines}`);
    using served = await serve(project.path('page'));
    await openPage(`${served.url}/`, { others: [cdn.url] });
  },
};
