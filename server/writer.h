/* Writer: the one thread that changes zones and the store. Others hand it jobs; it runs them one
 * after the other.
 *
 * A job is embedded in what it is about, so that posting neither allocates nor fails; it belongs
 * to the writer until its run() is called, and to run() from then on. The writer is not an RCU
 * reader: it may wait. */
#pragma once

#include <stdbool.h>

struct writer;

struct writer_job {
    struct writer_job *next; /* the writer's */
    void (*run)(struct writer_job *job);
};

/* Start the thread. Shape: ended by writer_destroy. Units: none. Errors: -errno of thread
 * creation. Source: none. */
int writer_create(struct writer **out_writer);

/* Run what is queued, end the thread, free; NULL is accepted. Not from a job. Shape: none. Units:
 * none. Errors: none.
 * Source: none. */
void writer_destroy(struct writer *writer);

/* Queue a job, from any thread. Shape: job->run is set. Units: none. Errors: none. Source: none. */
void writer_post(struct writer *writer, struct writer_job *job);
