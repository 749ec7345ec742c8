;; What a search spends its time on, over one linear memory that JavaScript also sees.
;; Every pointer is a byte address, 16-byte aligned; width is a multiple of 16.
;; bytes.ts holds this file compiled: `npx vitest run packages/relbert/test/index/kernel-bytes.test.ts -u` writes it anew.
(module
  (memory (import "env" "memory") 1 65536)

  ;; scores[i] = scale * scales[i] * sum over j of rows[i, j] * query[j]
  ;; rows: int8 [n, width]; query: int16 [width]; scales, scores: float32 [n].
  ;; A sum stays below 2^31 while width <= 512 * 1024 / 127 and |query| <= 2^31 / (127 * width).
  (func (export "scores")
    (param $rows i32) (param $n i32) (param $width i32) (param $query i32)
    (param $scales i32) (param $scale f32) (param $scores i32)
    (local $end i32) (local $queryEnd i32) (local $q i32) (local $sum v128) (local $sum2 v128) (local $codes v128)
    (local.set $end (i32.add (local.get $scores) (i32.shl (local.get $n) (i32.const 2))))
    (local.set $queryEnd (i32.add (local.get $query) (i32.shl (local.get $width) (i32.const 1))))
    (block $done
      (loop $nextRow
        (br_if $done (i32.ge_u (local.get $scores) (local.get $end)))
        (local.set $q (local.get $query))
        (local.set $sum (v128.const i32x4 0 0 0 0))
        (local.set $sum2 (v128.const i32x4 0 0 0 0))
        (loop $nextCodes
          (local.set $codes (v128.load (local.get $rows)))
          (local.set $sum (i32x4.add (local.get $sum)
            (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_s (local.get $codes)) (v128.load (local.get $q)))))
          (local.set $sum2 (i32x4.add (local.get $sum2)
            (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_s (local.get $codes)) (v128.load offset=16 (local.get $q)))))
          (local.set $rows (i32.add (local.get $rows) (i32.const 16)))
          (local.set $q (i32.add (local.get $q) (i32.const 32)))
          (br_if $nextCodes (i32.lt_u (local.get $q) (local.get $queryEnd))))
        (local.set $sum (i32x4.add (local.get $sum) (local.get $sum2)))
        (f32.store (local.get $scores)
          (f32.mul
            (f32.mul (local.get $scale) (f32.load (local.get $scales)))
            (f32.convert_i32_s
              (i32.add
                (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
                (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))))
        (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
        (local.set $scores (i32.add (local.get $scores) (i32.const 4)))
        (br $nextRow))))

  ;; Rows of a list whose score exceeds `least`, by their codes of one bit a dimension (sign-codes.ts):
  ;; score[i] = factors[i] * (unit * sum over nibbles t of tables[t, code[i, t]] + offset) + terms[i] + base
  ;; codes: blocks of 16 rows, `block` bytes each; in turn 16 bytes, the next 8 dimensions of rows 0, 8, 1, 9 ... 7, 15.
  ;; tables: uint8 [2 * block / 16, 16], two for each byte of a row, at most 127, their sums below 65536.
  ;; factors, terms: float32 [n]. Writes (row: uint32, score: float32) to `found`; gives how many.
  (func (export "scan")
    (param $codes i32) (param $n i32) (param $block i32) (param $factors i32) (param $terms i32) (param $tables i32)
    (param $unit f32) (param $offset f32) (param $base f32) (param $least f32) (param $found i32) (result i32)
    (local $start i32) (local $row i32) (local $end i32) (local $table i32) (local $mask i32)
    (local $code v128) (local $both v128) (local $odd v128) (local $next v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local.set $start (local.get $found))
    (block $done
      (loop $nextBlock
        (br_if $done (i32.ge_u (local.get $row) (local.get $n)))
        (local.set $end (i32.add (local.get $codes) (local.get $block)))
        (local.set $table (local.get $tables))
        (local.set $both (v128.const i32x4 0 0 0 0))
        (local.set $odd (v128.const i32x4 0 0 0 0))
        (loop $nextByte
          (local.set $code (v128.load (local.get $codes)))
          (local.set $next
            (i8x16.add
              (i8x16.swizzle (v128.load (local.get $table))
                (v128.and (local.get $code) (v128.const i32x4 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f)))
              (i8x16.swizzle (v128.load offset=16 (local.get $table))
                (v128.and (i16x8.shr_u (local.get $code) (i32.const 4))
                  (v128.const i32x4 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f)))))
          ;; Sums of even bytes and 256 times those of odd ones; the latter by themselves are taken off at the end.
          (local.set $both (i16x8.add (local.get $both) (local.get $next)))
          (local.set $odd (i16x8.add (local.get $odd) (i16x8.shr_u (local.get $next) (i32.const 8))))
          (local.set $table (i32.add (local.get $table) (i32.const 32)))
          (local.set $codes (i32.add (local.get $codes) (i32.const 16)))
          (br_if $nextByte (i32.lt_u (local.get $codes) (local.get $end))))
        (local.set $both (i16x8.sub (local.get $both) (i16x8.shl (local.get $odd) (i32.const 8))))
        (local.set $s0
          (f32x4.add (f32x4.splat (local.get $base))
            (f32x4.add (v128.load offset=0 (local.get $terms))
              (f32x4.mul (v128.load offset=0 (local.get $factors))
                (f32x4.add (f32x4.splat (local.get $offset))
                  (f32x4.mul (f32x4.splat (local.get $unit))
                    (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (local.get $both)))))))))
        (local.set $s1
          (f32x4.add (f32x4.splat (local.get $base))
            (f32x4.add (v128.load offset=16 (local.get $terms))
              (f32x4.mul (v128.load offset=16 (local.get $factors))
                (f32x4.add (f32x4.splat (local.get $offset))
                  (f32x4.mul (f32x4.splat (local.get $unit))
                    (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_u (local.get $both)))))))))
        (local.set $s2
          (f32x4.add (f32x4.splat (local.get $base))
            (f32x4.add (v128.load offset=32 (local.get $terms))
              (f32x4.mul (v128.load offset=32 (local.get $factors))
                (f32x4.add (f32x4.splat (local.get $offset))
                  (f32x4.mul (f32x4.splat (local.get $unit))
                    (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (local.get $odd)))))))))
        (local.set $s3
          (f32x4.add (f32x4.splat (local.get $base))
            (f32x4.add (v128.load offset=48 (local.get $terms))
              (f32x4.mul (v128.load offset=48 (local.get $factors))
                (f32x4.add (f32x4.splat (local.get $offset))
                  (f32x4.mul (f32x4.splat (local.get $unit))
                    (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_u (local.get $odd)))))))))
        (local.set $mask
          (i32.or
            (i32.or
              (i32x4.bitmask (f32x4.gt (local.get $s0) (f32x4.splat (local.get $least))))
              (i32.shl (i32x4.bitmask (f32x4.gt (local.get $s1) (f32x4.splat (local.get $least)))) (i32.const 4)))
            (i32.or
              (i32.shl (i32x4.bitmask (f32x4.gt (local.get $s2) (f32x4.splat (local.get $least)))) (i32.const 8))
              (i32.shl (i32x4.bitmask (f32x4.gt (local.get $s3) (f32x4.splat (local.get $least)))) (i32.const 12)))))
        ;; The last block may be longer than the list.
        (if (i32.lt_u (i32.sub (local.get $n) (local.get $row)) (i32.const 16))
          (then
            (local.set $mask
              (i32.and (local.get $mask)
                (i32.sub (i32.shl (i32.const 1) (i32.sub (local.get $n) (local.get $row))) (i32.const 1))))))
        (if (local.get $mask)
          (then
            ;; The first 64 bytes of the memory are for this.
            (v128.store offset=0 (i32.const 0) (local.get $s0))
            (v128.store offset=16 (i32.const 0) (local.get $s1))
            (v128.store offset=32 (i32.const 0) (local.get $s2))
            (v128.store offset=48 (i32.const 0) (local.get $s3))
            (loop $nextFound
              (i32.store (local.get $found) (i32.add (local.get $row) (i32.ctz (local.get $mask))))
              (f32.store offset=4 (local.get $found) (f32.load (i32.shl (i32.ctz (local.get $mask)) (i32.const 2))))
              (local.set $found (i32.add (local.get $found) (i32.const 8)))
              (local.set $mask (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))
              (br_if $nextFound (local.get $mask)))))
        (local.set $row (i32.add (local.get $row) (i32.const 16)))
        (local.set $factors (i32.add (local.get $factors) (i32.const 64)))
        (local.set $terms (i32.add (local.get $terms) (i32.const 64)))
        (br $nextBlock)))
    (i32.shr_u (i32.sub (local.get $found) (local.get $start)) (i32.const 3)))

  ;; FNV-1a over 64-bit words: h = (h xor word) * prime. A change within one word always changes the sum, since each
  ;; step is a bijection; any other change escapes with probability 2^-64. n is the number of words.
  (func (export "checksum") (param $bytes i32) (param $n i32) (result i64)
    (local $end i32) (local $hash i64)
    (local.set $hash (i64.const 0xcbf29ce484222325))
    (local.set $end (i32.add (local.get $bytes) (i32.shl (local.get $n) (i32.const 3))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $bytes) (local.get $end)))
        (local.set $hash
          (i64.mul (i64.xor (local.get $hash) (i64.load (local.get $bytes))) (i64.const 0x100000001b3)))
        (local.set $bytes (i32.add (local.get $bytes) (i32.const 8)))
        (br $next)))
    (local.get $hash)))
