/* The native family: the topics under yj/ (docs/contract.md, "Native MQTT topics, version 1"). */
#ifndef NATIVE_H
#define NATIVE_H

#include "devices/registry.h"

extern const struct yj_family yj_native_family;

#endif
