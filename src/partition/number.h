/* SPDX-License-Identifier: MIT */
/* number: how partitions are numbered wherever one is named. */
#ifndef PARTITION_NUMBER_H
#define PARTITION_NUMBER_H

/* Stands where a partition's number goes (they count from 1) when the whole disk is the file system. */
#define PARTITION_WHOLE_DISK (-1)

#endif
