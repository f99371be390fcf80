// Products of the shop: `POST /rest/Product/create` and `POST /rest/Product(3)/order`.

export class Product {
  static exposed = ["create", "low"];
  static onHttpGet = ["low"];

  /** A new product: `[{"name": "Reading lamp", "price": 39.9}]`. What may be set is what the caller may set. */
  create(data) {
    const product = this.new();
    product.fromObject(data);
    const status = product.save();
    if (!status.success) throw new Error(status.errors?.[0]?.message ?? status.statusText);
    return product;
  }

  /** What should be ordered anew. */
  low(limit = 5) {
    return this.query("stock < :1", limit).orderBy("stock, name");
  }
}

export class ProductEntity {
  static exposed = ["order", "available"];
  static types = { available: "bool" };
  static query = {
    available: ({ operator, value }) => ((value === true) === (operator === "=") ? "stock > 0" : "stock = 0"),
  };

  /** In stock. */
  get available() {
    return this.stock > 0;
  }

  /** Takes some out of stock and writes the sale down: both, or nothing. */
  order(quantity, customerID) {
    if (!Number.isInteger(quantity) || quantity < 1) throw new Error("Say how many: a whole number from 1.");
    ds.startTransaction();
    try {
      this.reload();
      if (this.stock < quantity) throw new Error(`Only ${this.stock} of ${this.name} are there.`);
      this.stock -= quantity;
      keep(this.save());
      const order = ds.Order.new();
      order.fromObject({ quantity, unitPrice: this.price, orderedAt: new Date(), customerID });
      order.product = this;
      keep(order.save());
      ds.validateTransaction();
      return order;
    } catch (error) {
      ds.cancelTransaction();
      throw error;
    }
  }
}

function keep(status) {
  if (!status.success) throw new Error(status.errors?.[0]?.message ?? status.statusText);
}
