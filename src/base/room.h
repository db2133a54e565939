/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BASE_ROOM_H
#define ANSA_BASE_ROOM_H

/**
 * For arrays of octets on the stack that are written before they are read, by a buf or a codec
 * that tells how much of them it wrote. The build clears all variables else; of rooms for the
 * longest name, in which short ones are put for each request, that is most of the work.
 */
#define ANSA_ROOM __attribute__((uninitialized))

#endif
