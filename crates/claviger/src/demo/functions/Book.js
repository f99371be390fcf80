// Books: `GET /rest/Book/cheapest?$params=[3]`, `POST /rest/Book(12)/lendTo`.

export class Book {
  static exposed = ["cheapest"];
  static onHttpGet = ["cheapest"];

  /** For those who see prices. */
  cheapest(limit = 10) {
    return this.query("price > 0").orderBy("price asc").slice(0, limit);
  }
}

export class BookEntity {
  static exposed = ["lendTo"];

  /** Lends the book to a customer for so many days. */
  lendTo(customerID, days = 21) {
    if (this.loans.query("returnedAt = null").length > 0) throw new Error(`${this.title} is lent already.`);
    const now = new Date();
    const loan = ds.Loan.new();
    loan.fromObject({ lentAt: now, due: new Date(now.getTime() + days * 86_400_000), customerID });
    loan.book = this;
    const status = loan.save();
    if (!status.success) throw new Error(status.errors?.[0]?.message ?? status.statusText);
    return loan;
  }
}
