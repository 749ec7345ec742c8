export default function Page() {
  return (
    <form action="/api/similarity">
      <input name="a" defaultValue="Tokyo:Japan" /> and <input name="b" defaultValue="Paris:France" />
      <button type="submit">Compare</button>
    </form>
  );
}
