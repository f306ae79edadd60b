-- Temporary relations: tables, views, sequences and indexes of one session.
create schema temporary;
set search_path = temporary;
create table kept (id int primary key, n int default 7, note text);
insert into kept values (1, 1, 'one'), (2, 2, 'two');

-- before there are any
select pg_my_temp_schema(), pg_is_other_temp_schema('temporary'::regnamespace);
table pg_temp.nothing;
drop table pg_temp.nothing;
drop table if exists pg_temp.nothing;
discard temp;

-- a temporary table hides a permanent one
create temp table kept (word text);
insert into kept values ('hidden');
table kept;
table temporary.kept;
select 'kept'::regclass, 'pg_temp.kept'::regclass = 'kept'::regclass, 'temporary.kept'::regclass;
select pg_table_is_visible('temporary.kept'::regclass), pg_table_is_visible('pg_temp.kept'::regclass);
create index kept_word on kept (word);
drop index kept_word;
drop table kept;
table kept;
drop index kept_word;

-- what it is in the catalogs
create temp table t (id serial primary key, a int unique, b text default 'x' check (b <> ''), c int generated always as (a * 2) stored);
create local temporary view v as select id, a from t;
create temporary sequence s start 5;
create index on t (b);
\d t
\d v
\d s
\di
\dt
\dv
select relname, relkind, relpersistence, relnamespace = pg_my_temp_schema() as mine
from pg_class where relnamespace = pg_my_temp_schema() order by relname;
select pg_is_other_temp_schema(pg_my_temp_schema());
select table_name, table_type from information_schema.tables
where table_schema like 'pg\_temp%' order by 1;
select pg_get_indexdef('t_b_idx'::regclass), pg_get_serial_sequence('t', 'id');
select pg_get_viewdef('v'::regclass);
select nextval('s'), nextval('pg_temp.s'), currval('s');
insert into t (a) values (1), (2) returning *;
insert into t (a) values (2);
insert into t (a, b) values (3, '');
insert into t (a) values (2) on conflict (a) do update set b = 'again' returning *;
update t set a = a + 10 returning id, a, c;
table v;
delete from t where id = 2;
comment on table t is 'of this session';
select obj_description('t'::regclass);
alter table t add column d int default 4, drop column b;
alter table t rename column a to aa;
alter table t rename to tt;
table tt;
table v;
truncate tt;
select count(*) from tt;

-- where they are made
create temp table temporary.wrong (a int);
create temp sequence temporary.wrong;
create temp view temporary.wrong as select 1;
create temp table temporary.wrong as select 1 as a;
select 1 as a into temp temporary.wrong;
create unlogged table pg_temp.wrong (a int);
create schema pg_temp;
create table pg_temp.here (a int);
create view pg_temp.here_too as select 1 as a;
create sequence pg_temp.here_three;
alter table pg_temp.here set schema temporary;
alter table temporary.kept set schema pg_temp;
create temp table if not exists here (a int);
create temp table here (a int);
create view over as select * from here;
create view over_over as select * from over;
create or replace temp view over as select a, 1 as b from here;
select count(*) from pg_class where relname like 'over%' and relpersistence = 't';
drop table here;
drop table here cascade;
create temp table made as select id, note from kept where id > 1;
table made;
select * into temp made_too from kept order by id limit 1;
table made_too;
create table pg_temp.made_three as select 1 as one;
table made_three;
create temp table copied (like kept including all);
\d copied

-- foreign keys
create temp table wrong (a int references kept);
create table wrong (a int references tt);
create unlogged table wrong (a int references tt);
create temp table child (a int references tt on delete cascade);
insert into child values (99);
drop table child;

-- the search path
show search_path;
select current_schemas(false), current_schema();
select array_length(current_schemas(true), 1);
set search_path = pg_temp, temporary;
select array_length(current_schemas(false), 1), current_schema() ~ '^pg_temp_[0-9]+$' as temp;
create table pathed (a int);
select relpersistence from pg_class where oid = 'pathed'::regclass;
set search_path = temporary, pg_temp;
create table placed (a int);
create temp table placed (b int);
\d placed
table placed;
table pg_temp.placed;
drop table placed;
drop table placed;
set search_path = '';
create temp table bare (a int);
table bare;
create table nowhere (a int);
set search_path = temporary;
create temp table pg_class (x int);
table pg_class;
drop table pg_class;
select count(*) > 0 from pg_class;

-- DISCARD
create table drawn (a int default nextval('s'));
select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'drawn'::regclass;
insert into drawn values (default) returning a;
begin;
discard temp;
table tt;
rollback;
select count(*) from tt;
begin;
discard temp;
commit;
table tt;
\d drawn
create temp table again (a int);
discard all;
set search_path = temporary;
table again;
select count(*) from pg_class where relpersistence = 't';

-- the end of the session
create temp table ends (a int);
\c
set search_path = temporary;
table ends;

drop schema temporary cascade;
