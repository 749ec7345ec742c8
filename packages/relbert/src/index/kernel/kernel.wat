;; Scores of quantised rows: what a search spends its time on, over one linear memory that JavaScript also sees.
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
