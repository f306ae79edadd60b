-- Temporary tables and transactions: ON COMMIT, rollback, savepoints, READ ONLY.
create schema temporary;
set search_path = temporary;
create table kept (id int primary key, n int default 7, note text);
insert into kept values (1, 1, 'one'), (2, 2, 'two');

-- ON COMMIT DELETE ROWS
create temp table emptied (a int) on commit delete rows;
begin;
insert into emptied values (1), (2);
table emptied;
commit;
table emptied;
insert into emptied values (3) returning a;
table emptied;
copy emptied from stdin;
4
\.
table emptied;
begin;
copy emptied from stdin;
4
\.
table emptied;
commit;
table emptied;
alter table emptied rename to renamed;
begin;
insert into renamed values (5);
savepoint s;
insert into renamed values (6);
rollback to s;
table renamed;
commit;
table renamed;
begin;
drop table renamed;
create temp table renamed (a int);
insert into renamed values (7);
commit;
table renamed;
drop table renamed;
create temp table filled on commit delete rows as select 1 as a;
table filled;
begin;
create temp table filled_too on commit delete rows as select 1 as a;
table filled_too;
commit;
table filled_too;
create temp table preserved (a int) on commit preserve rows;
insert into preserved values (1);
table preserved;

-- ON COMMIT DROP
create temp table gone (a int) on commit drop;
table gone;
create temp table gone on commit drop as select 1 as a;
table gone;
begin;
create temp table gone (a int) on commit drop;
create temp view gone_too as select * from gone;
create index on gone (a);
insert into gone select generate_series(1, 3);
select sum(a) from gone_too;
commit;
table gone;
table gone_too;
begin;
create temp table gone (a int) on commit drop;
rollback;
begin;
savepoint s;
create temp table gone (a int) on commit drop;
rollback to s;
create temp table gone (b int);
insert into gone values (1);
commit;
table gone;
drop table gone;
begin;
create temp table gone (a int) on commit drop;
drop table gone;
create table gone (stays int);
commit;
\d gone
drop table gone;
create table wrong (a int) on commit drop;
create table wrong on commit delete rows as select 1 as a;

-- both, and foreign keys
begin;
create temp table parent (id int primary key);
create temp table child (id int references parent) on commit delete rows;
insert into parent values (1);
insert into child values (1);
commit;
table parent;
table child;
begin;
create temp table parent2 (id int primary key) on commit delete rows;
create temp table child2 (id int references parent2);
commit;
create temp table parent3 (id int primary key) on commit delete rows;
create temp table child3 (id int);
alter table child3 add foreign key (id) references parent3;
begin;
create temp table child4 (id int references parent3) on commit delete rows;
insert into parent3 values (1);
insert into child4 values (1);
commit;
select (select count(*) from parent3), (select count(*) from child4);

-- rollback
begin;
create temp table undone (a int);
insert into undone values (1);
rollback;
table undone;
begin;
savepoint s;
create temp table undone (a int);
rollback to s;
table undone;
rollback;
begin;
insert into preserved values (2);
savepoint s;
insert into preserved values (3);
rollback to s;
commit;
table preserved;

-- several statements at once are one transaction
create temp table once (a int) on commit drop\; insert into once values (1)\; select * from once;
table once;
create temp table broken (a int)\; insert into broken values ('x');
table broken;
create temp table whole (a int)\; insert into whole values (1), (2);
table whole;

-- READ ONLY
create temp sequence drawn;
create temp table numbered (id serial, a int);
create sequence permanent;
create temp table permanently (id int default nextval('permanent'));
begin read only;
insert into preserved values (10) returning a;
update preserved set a = a + 1 where a = 10;
delete from preserved where a = 1;
insert into numbered (a) values (1) returning id;
select nextval('drawn');
copy preserved from stdin;
20
\.
select * from preserved order by a for update;
table kept;
commit;
table preserved;
begin read only;
insert into kept values (3);
rollback;
begin read only;
create temp table refused (a int);
rollback;
begin read only;
drop table preserved;
rollback;
begin read only;
truncate preserved;
rollback;
begin read only;
select * from kept for update;
rollback;
begin transaction isolation level repeatable read, read only;
select count(*) from kept;
insert into preserved select id from kept;
select count(*) from preserved;
select count(*) from preserved join kept on a = id;
commit;
select count(*) from preserved;
begin transaction isolation level serializable;
insert into preserved values (30);
select max(a) from preserved;
commit;
select max(a) from preserved;

-- cursors and prepared statements
begin;
declare c cursor for select a from preserved order by a;
delete from preserved;
fetch 2 c;
close c;
rollback;
prepare q as select * from later;
create temp table later (a int);
prepare q as select * from later;
insert into later values (1);
execute q;
begin;
drop table later;
create temp table later (a int);
insert into later values (2);
execute q;
rollback;
execute q;
begin;
create temp table other (a int);
prepare other as select * from other;
execute other;
rollback;
execute other;
create temp table other (a int, b text);
execute other;

-- names that a write looks up while it runs
create table names (what text, means text);
insert into names select 'alone ' || n, to_regclass(n)::text from (values ('later'), ('pg_temp.later'), ('kept'), ('nope')) v(n);
insert into names values ('mine', (pg_my_temp_schema() = (select relnamespace from pg_class where oid = 'later'::regclass))::text);
begin;
insert into names select 'block ' || n, to_regclass(n)::text from (values ('later'), ('pg_temp.later'), ('kept'), ('nope')) v(n) returning *;
insert into names values ('named', current_schemas(false)::text), ('all', array_length(current_schemas(true), 1)::text);
commit;
table names;

-- how applications load rows
begin;
create temp table staged (like kept including defaults) on commit drop;
copy staged (id, note) from stdin;
2	zwei
3	drei
\.
insert into kept select * from staged on conflict (id) do update set n = excluded.n, note = excluded.note;
commit;
table kept order by id;
table staged;
begin;
create temp table staged (like kept) on commit drop;
insert into staged values (1, 100, 'from staged');
update kept set n = staged.n, note = staged.note from staged where staged.id = kept.id returning kept.*;
delete from kept using staged where kept.id = staged.id + 1;
commit;
table kept order by id;

drop schema temporary cascade;
