// Functions of the datastore: `GET /rest/$catalog/stats?$params=[2024]`.

export class DataStore {
  static exposed = ["stats"];
  static onHttpGet = ["stats"];

  /** How many books came in and were lent in a year. */
  stats(year = new Date().getFullYear()) {
    const [from, to] = [`${year}-01-01`, `${Number(year) + 1}-01-01`];
    return {
      year: Number(year),
      books: ds.Book.query("addedAt >= :1 and addedAt < :2", from, to).length,
      authors: ds.Author.getCount(),
    };
  }
}
