// The opcodes of those WebAssembly instructions that are used here; for vector types, of all arithmetic.

/** Instructions that take operands only, by type; a vector instruction's number follows the prefix byte 0xfd. */
// biome-ignore format: a table
export const opcodes = {
  i32: {
    eqz: 0x45, eq: 0x46, ne: 0x47, lt_u: 0x49, gt_u: 0x4b, add: 0x6a, sub: 0x6b, mul: 0x6c, div_u: 0x6e, rem_u: 0x70,
    and: 0x71, or: 0x72, shl: 0x74, shr_u: 0x76,
  },
  f32: { lt: 0x5d, add: 0x92, mul: 0x94 },
  f64: { add: 0xa0 },
  i32x4: {
    eq: 0x37, ne: 0x38, lt_s: 0x39, lt_u: 0x3a, gt_s: 0x3b, gt_u: 0x3c, le_s: 0x3d, le_u: 0x3e, ge_s: 0x3f, ge_u: 0x40,
    abs: 0xa0, neg: 0xa1, add: 0xae, sub: 0xb1, mul: 0xb5, min_s: 0xb6, max_s: 0xb8,
    trunc_sat_f64x2_s_zero: 0xfc, extend_low_i16x8_s: 0xa7,
  },
  i16x8: { narrow_i32x4_s: 0x85, extend_low_i8x16_s: 0x87 },
  i8x16: { narrow_i16x8_s: 0x65 },
  f32x4: {
    eq: 0x41, ne: 0x42, lt: 0x43, gt: 0x44, le: 0x45, ge: 0x46, ceil: 0x67, floor: 0x68, trunc: 0x69, nearest: 0x6a,
    abs: 0xe0, neg: 0xe1, sqrt: 0xe3, add: 0xe4, sub: 0xe5, mul: 0xe6, div: 0xe7, min: 0xe8, max: 0xe9, pmin: 0xea,
    pmax: 0xeb, convert_i32x4_s: 0xfa, demote_f64x2_zero: 0x5e,
  },
  f64x2: {
    eq: 0x47, ne: 0x48, lt: 0x49, gt: 0x4a, le: 0x4b, ge: 0x4c, ceil: 0x74, floor: 0x75, trunc: 0x7a, nearest: 0x94,
    abs: 0xec, neg: 0xed, sqrt: 0xef, add: 0xf0, sub: 0xf1, mul: 0xf2, div: 0xf3, min: 0xf4, max: 0xf5, pmin: 0xf6,
    pmax: 0xf7, promote_low_f32x4: 0x5f, convert_low_i32x4_s: 0xfe,
  },
  v128: { not: 0x4d, and: 0x4e, andnot: 0x4f, or: 0x50, xor: 0x51, bitselect: 0x52, any_true: 0x53 },
} as const;

/** Conversions between scalars: the operand is of the other type. */
export const conversions = { "f32.demote_f64": 0xb6 } as const;

/** Loads and stores: an address, then a constant offset. */
// biome-ignore format: a table
export const memoryOpcodes = {
  "i32.load": 0x28, "f32.load": 0x2a, "f64.load": 0x2b, "i32.load8_u": 0x2d,
  "i32.store": 0x36, "f32.store": 0x38, "f64.store": 0x39, "i32.store8": 0x3a,
  "v128.load": 0xfd00, "v128.load32_splat": 0xfd09, "v128.load32_zero": 0xfd5c, "v128.store": 0xfd0b,
} as const;

/** Vector instructions with a lane number, by lane type. */
// biome-ignore format: a table
export const laneOpcodes = {
  "i32x4.extract_lane": 0xfd1b, "f32x4.extract_lane": 0xfd1f, "f32x4.replace_lane": 0xfd20, "f64x2.extract_lane": 0xfd21,
} as const;

/** Vector instructions with a scalar as last operand. */
// biome-ignore format: a table
export const scalarOpcodes = {
  "i32x4.splat": 0xfd11, "f32x4.splat": 0xfd13, "f64x2.splat": 0xfd14, "i32x4.shl": 0xfdab, "i32x4.shr_s": 0xfdac,
} as const;
