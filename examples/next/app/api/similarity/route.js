// The model is loaded once, with the first request, and stays.
import { RelationEncoder } from 'relbert';

export const dynamic = 'force-dynamic';

let encoder;

export async function GET(request) {
  const { searchParams } = new URL(request.url);
  const [a, b] = ['a', 'b'].map((name) => (searchParams.get(name) ?? '').split(':'));
  try {
    encoder ??= RelationEncoder.load().catch((error) => {
      encoder = undefined; // the next request tries again
      throw error;
    });
    return Response.json({ similarity: await (await encoder).similarity(a, b) });
  } catch (error) {
    return Response.json({ error: error.message }, { status: 400 });
  }
}
