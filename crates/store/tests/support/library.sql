PRAGMA foreign_keys = OFF;
CREATE TABLE country (code TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO country VALUES ('PT', 'Portugal'), ('FR', 'France'), ('SE', 'Sverige');
CREATE TABLE author (ID INTEGER PRIMARY KEY, fullName TEXT NOT NULL, born DATE, rating NUMERIC(4,2), countryId TEXT REFERENCES country(code),
    mentorId INTEGER REFERENCES author(ID), profile JSON);
INSERT INTO author VALUES
    (7, 'Ines Carvalho', '1980-04-08', 4.5, 'PT', NULL, '{"city": "Lisboa", "age": 44, "tags": [{"name": "poet", "rank": 5}, {"name": "chef", "rank": 2}], "langs": ["pt", "fr"]}'),
    (3, 'Bo Lindqvist', '1991-12-24', 3.25, 'SE', 7, '{"city": "Malmö", "age": 33, "tags": [{"name": "poet", "rank": 1}], "langs": []}'),
    (9, 'Élodie Ébert', NULL, NULL, 'FR', 3, NULL),
    (11, 'Anon', NULL, 10, NULL, NULL, '{broken');
CREATE TABLE book (ID INTEGER PRIMARY KEY, title TEXT NOT NULL, price NUMERIC(8,2), pages INTEGER, added DATETIME, authorId INTEGER REFERENCES author(ID),
    cover BLOB);
CREATE INDEX book_author ON book(authorId);
INSERT INTO book VALUES
    (1, 'Slow Rivers', 14.5, 320, '2024-02-28 16:40:00', 7, x'00'),
    (2, 'Atlas', 140, 900, '2023-05-02', 7, NULL),
    (3, 'slow roads', 9.5, 120, NULL, 3, NULL),
    (4, 'Ärenden', 71.5, NULL, 1709138400, 3, NULL),
    (5, 'Nobody''s Book', NULL, 'lots', NULL, NULL, NULL),
    (6, 'Dangling', 0.1, 1, NULL, 99, NULL);
CREATE TABLE shelf (room TEXT NOT NULL, place INTEGER NOT NULL, bookId INTEGER REFERENCES book(ID), PRIMARY KEY (room, place));
INSERT INTO shelf VALUES ('hall', 2, 1), ('hall', 1, 2), ('attic', 1, 1);
CREATE TABLE note (words TEXT, rowid_like INTEGER);
INSERT INTO note VALUES ('first', 1), ('second', 2);
CREATE VIEW cheap AS SELECT ID, title, price FROM book WHERE price < 20;
