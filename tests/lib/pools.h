/* Tables of pools for tests, made of records as in a zone file: what a test says about a pool stands in one line.
 *
 *     pcl        CENTRE . kind=ai region=440300 hub
 *     gpu.pcl    CRES . cpu=64 acc=ascend-910b accn=8
 *     gpu.pcl    CLOAD . obs=1000 cpuf=32 accf=4
 *     pcl        CNET 440300 medium=otn rtt=5ms
 *     train.data CDATA pcl size=10g
 *
 * Names are relative to `gba.` Hashes have zones_key. The calling thread is an RCU reader. */
#pragma once

#include "sched/choose/need.h"
#include "sched/choose/pools.h"

/* Make a table; there is one at a time: the one before ends. Shape: as a zone file; fails the running test at a
 * mistake. Units: none. Errors: none. Source: none. */
const struct pools *pools_make(const char *text);

/* End the last table. Shape: none. Units: none. Errors: none. Source: none. */
void pools_end(void);

/* The same table without its indexes: every column must be read. Shape: borrowed until the next call. Units: none.
 * Errors: none. Source: none. */
const struct pools *pools_bare(const struct pools *pools);

/* Slot of a pool, `gpu.pcl`; fails the test when there is none. Shape: relative. Units: none. Errors: none.
 * Source: none. */
uint32_t pools_slot(const struct pools *pools, const char *name);

/* Name of the pool in a slot, as pools_slot takes it. Shape: terminated; borrowed until the 4th call after this
 * one. Units: none. Errors: none. Source: none. */
const char *pools_title(const struct pools *pools, uint32_t slot);

/* Read a requirement; fails the running test at a mistake. Shape: words as need_parse takes them. Units: none.
 * Errors: none. Source: docs/records.md, requirement names. */
struct need pools_need(const char *words);
