/* Tables of pools for tests, made of records as in a zone file: what a test says about a pool stands in one line.
 *
 *     pcl        CENTRE . kind=ai region=440300 hub
 *     gpu.pcl    CRES . cpu=64 acc=ascend-910b accn=8
 *     gpu.pcl    CLOAD . obs=1000 cpuf=32 accf=4
 *     pcl        CNET 440300 medium=otn rtt=5ms
 *     train.data CDATA pcl size=10g
 *
 * Names are relative to `gba.` Hashes have zones_key. The calling thread is an RCU reader from pools_enter to
 * pools_leave. */
#pragma once

#include "sched/choose/choose.h"
#include "sched/choose/need.h"
#include "sched/choose/pools.h"

extern struct choose *pools_choose; /* for the tests of the group */

/* Set up a group of tests: the thread is an RCU reader, pools_choose is there. Shape: for cmocka; the state stays as it
 * is. Units: none. Errors: none. Source: none. */
int pools_enter(void **state);

/* Tear the group down: ends the last table, too. Shape: as pools_enter. Units: none. Errors: none. Source: none. */
int pools_leave(void **state);

/* Make a table; there is one at a time: the one before ends. Shape: as a zone file; fails the running test at a
 * mistake. Units: none. Errors: none. Source: none. */
const struct pools *pools_make(const char *text);

/* The same table without its indexes: every column must be read. Shape: borrowed until the next call. Units: none.
 * Errors: none. Source: none. */
const struct pools *pools_bare(const struct pools *pools);

/* A copy that can be changed (pools_set), its slots in another order, with some free ones; it has no
 * indexes and shares names and lists with the original. One at a time, until pools_leave. Shape: seed 0 keeps the
 * order. Units: none. Errors: none. Source: none. */
struct pools *pools_copy(const struct pools *pools, unsigned seed);

/* Change one value of a copy; a pool that has none gets one. Shape: copy is of pools_copy. Units: stored. Errors:
 * none. Source: none. */
void pools_set(struct pools *copy, uint32_t slot, unsigned column, uint64_t value);

/* The slot in which a copy has a pool of the original; POOLS_NONE: nowhere. Shape: none. Units: none. Errors:
 * POOLS_NONE. Source: none. */
uint32_t pools_slot_of(const struct pools *copy, const struct pools_pool *pool);

/* Slot of a pool, `gpu.pcl`; fails the test when there is none. Shape: relative. Units: none. Errors: none.
 * Source: none. */
uint32_t pools_slot(const struct pools *pools, const char *name);

/* Name of the pool in a slot, as pools_slot takes it. Shape: terminated; borrowed until the 4th call after this
 * one. Units: none. Errors: none. Source: none. */
const char *pools_title(const struct pools *pools, uint32_t slot);

/* Read a requirement; fails the running test at a mistake. Shape: words as need_parse takes them. Units: none.
 * Errors: none. Source: docs/records.md, requirement names. */
struct need pools_need(const char *words);
