const DEFAULT_PORT = '11434';

/**
 * The base URL that OLLAMA_HOST means, without the `/v1` of its OpenAI paths: `host`, `host:port`, `:port` or a URL, as Ollama's own clients
 * read it (https://github.com/ollama/ollama/blob/main/envconfig/config.go); null where it means nothing. An address to
 * listen on (0.0.0.0) stands for this machine.
 */
export function ollamaBaseUrl(text: string): string | null {
  const trimmed = text.trim().replace(/\/+$/, '');
  const hasScheme = trimmed.includes('://');
  const candidate = hasScheme ? trimmed : `http://${trimmed.startsWith(':') ? `127.0.0.1${trimmed}` : trimmed}`;
  if (trimmed === '' || !URL.canParse(candidate)) return null;
  const url = new URL(candidate);
  if (!['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '') return null;
  if (!hasScheme && url.port === '' && !/:80$/.test(trimmed)) url.port = DEFAULT_PORT;
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  if (url.hostname === '[::]') url.hostname = '[::1]';
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}`;
}
