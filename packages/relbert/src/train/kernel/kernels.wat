;; The loops of training that JavaScript is too slow for, over one linear memory that JavaScript also sees.
;; Every pointer is a byte address, 16-byte aligned; every n counts float32 values and is a multiple of 4.
;; bytes.ts holds this file compiled: `npx vitest run test/train/kernel-bytes.test.ts -u` writes it anew.
(module
  (memory (import "env" "memory") 1 65536)

  ;; One AdamW step (Loshchilov & Hutter 2019) as torch.optim.AdamW does it, with g scaled by $scale first:
  ;; w *= decay; m += (1 - beta1)(g - m); v = beta2 v + (1 - beta2) g²; w -= rate · m / (√v · correction + eps)
  ;; Returns nothing; decay = 1 - lr · weight decay, rate = lr / (1 - beta1^t), correction = 1 / √(1 - beta2^t).
  (func (export "adamw")
    (param $w i32) (param $m i32) (param $v i32) (param $g i32) (param $n i32)
    (param $scale f32) (param $decay f32) (param $beta1c f32) (param $beta2 f32) (param $beta2c f32)
    (param $rate f32) (param $correction f32) (param $eps f32)
    (local $end i32) (local $gx v128) (local $mx v128) (local $vx v128)
    (local $vscale v128) (local $vdecay v128) (local $vbeta1c v128) (local $vbeta2 v128) (local $vbeta2c v128)
    (local $vrate v128) (local $vcorrection v128) (local $veps v128)
    (local.set $vscale (f32x4.splat (local.get $scale)))
    (local.set $vdecay (f32x4.splat (local.get $decay)))
    (local.set $vbeta1c (f32x4.splat (local.get $beta1c)))
    (local.set $vbeta2 (f32x4.splat (local.get $beta2)))
    (local.set $vbeta2c (f32x4.splat (local.get $beta2c)))
    (local.set $vrate (f32x4.splat (local.get $rate)))
    (local.set $vcorrection (f32x4.splat (local.get $correction)))
    (local.set $veps (f32x4.splat (local.get $eps)))
    (local.set $end (i32.add (local.get $g) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $g) (local.get $end)))
        (local.set $gx (f32x4.mul (v128.load (local.get $g)) (local.get $vscale)))
        (local.set $mx (v128.load (local.get $m)))
        (local.set $mx (f32x4.add (local.get $mx)
          (f32x4.mul (local.get $vbeta1c) (f32x4.sub (local.get $gx) (local.get $mx)))))
        (v128.store (local.get $m) (local.get $mx))
        (local.set $vx (f32x4.add
          (f32x4.mul (v128.load (local.get $v)) (local.get $vbeta2))
          (f32x4.mul (local.get $vbeta2c) (f32x4.mul (local.get $gx) (local.get $gx)))))
        (v128.store (local.get $v) (local.get $vx))
        (v128.store (local.get $w) (f32x4.sub
          (f32x4.mul (v128.load (local.get $w)) (local.get $vdecay))
          (f32x4.div
            (f32x4.mul (local.get $vrate) (local.get $mx))
            (f32x4.add (f32x4.mul (f32x4.sqrt (local.get $vx)) (local.get $vcorrection)) (local.get $veps)))))
        (local.set $w (i32.add (local.get $w) (i32.const 16)))
        (local.set $m (i32.add (local.get $m) (i32.const 16)))
        (local.set $v (i32.add (local.get $v) (i32.const 16)))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (br $next))))

  ;; Σ x² of a block: the square of a gradient's norm. Eight float32 sums a block, put together in float64;
  ;; a block of 4,096 values adds 512 squares to each, so the error stays below 512 · 2⁻²⁴.
  (func (export "sumSquares") (param $x i32) (param $n i32) (result f64)
    (local $end i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $x) (local.get $end)))
        (local.set $a (v128.load (local.get $x)))
        (local.set $c (f32x4.add (local.get $c) (f32x4.mul (local.get $a) (local.get $a))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br_if $done (i32.ge_u (local.get $x) (local.get $end)))
        (local.set $b (v128.load (local.get $x)))
        (local.set $d (f32x4.add (local.get $d) (f32x4.mul (local.get $b) (local.get $b))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br $next)))
    (f64.add
      (f64.add
        (f64.add (f64.promote_f32 (f32x4.extract_lane 0 (local.get $c))) (f64.promote_f32 (f32x4.extract_lane 1 (local.get $c))))
        (f64.add (f64.promote_f32 (f32x4.extract_lane 2 (local.get $c))) (f64.promote_f32 (f32x4.extract_lane 3 (local.get $c)))))
      (f64.add
        (f64.add (f64.promote_f32 (f32x4.extract_lane 0 (local.get $d))) (f64.promote_f32 (f32x4.extract_lane 1 (local.get $d))))
        (f64.add (f64.promote_f32 (f32x4.extract_lane 2 (local.get $d))) (f64.promote_f32 (f32x4.extract_lane 3 (local.get $d)))))))

  ;; y = y · a + x · b: adds gradients up (a = b = 1) and averages weights (b = 1 - a).
  (func (export "blend") (param $y i32) (param $x i32) (param $n i32) (param $a f32) (param $b f32)
    (local $end i32) (local $va v128) (local $vb v128)
    (local.set $va (f32x4.splat (local.get $a)))
    (local.set $vb (f32x4.splat (local.get $b)))
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $x) (local.get $end)))
        (v128.store (local.get $y) (f32x4.add
          (f32x4.mul (v128.load (local.get $y)) (local.get $va))
          (f32x4.mul (v128.load (local.get $x)) (local.get $vb))))
        (local.set $y (i32.add (local.get $y) (i32.const 16)))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br $next))))

  ;; A dropout mask: values 0 (probability threshold / 65536) and $keep. Element pairs of 16 bits come from a
  ;; 32-bit hash of a counter (two multiply-xorshift rounds, constants of Wellons' lowbias32) under a 64-bit key,
  ;; so that the same key always gives the same mask. n is a multiple of 8.
  (func (export "dropoutMask")
    (param $y i32) (param $n i32) (param $low i32) (param $high i32) (param $threshold i32) (param $keep f32)
    (local $end i32) (local $counter v128) (local $step v128) (local $x v128) (local $vhigh v128)
    (local $vthreshold v128) (local $vkeep v128)
    (local.set $vhigh (i32x4.splat (local.get $high)))
    (local.set $vthreshold (i32x4.splat (local.get $threshold)))
    (local.set $vkeep (f32x4.splat (local.get $keep)))
    ;; Weyl sequence of the golden ratio: lanes hold low + {0, 1, 2, 3} · 0x9e3779b9.
    (local.set $counter (i32x4.add (i32x4.splat (local.get $low))
      (v128.const i32x4 0x00000000 0x9e3779b9 0x3c6ef372 0xdaa66d2b)))
    (local.set $step (v128.const i32x4 0x78dde6e4 0x78dde6e4 0x78dde6e4 0x78dde6e4))
    (local.set $end (i32.add (local.get $y) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $y) (local.get $end)))
        (local.set $x (v128.xor (local.get $counter) (i32x4.shr_u (local.get $counter) (i32.const 16))))
        (local.set $x (i32x4.mul (local.get $x) (v128.const i32x4 0x7feb352d 0x7feb352d 0x7feb352d 0x7feb352d)))
        (local.set $x (v128.xor (v128.xor (local.get $x) (i32x4.shr_u (local.get $x) (i32.const 15))) (local.get $vhigh)))
        (local.set $x (i32x4.mul (local.get $x) (v128.const i32x4 0x846ca68b 0x846ca68b 0x846ca68b 0x846ca68b)))
        (local.set $x (v128.xor (local.get $x) (i32x4.shr_u (local.get $x) (i32.const 16))))
        (v128.store (local.get $y) (v128.and (local.get $vkeep) (i32x4.ge_s
          (v128.and (local.get $x) (v128.const i32x4 0xffff 0xffff 0xffff 0xffff)) (local.get $vthreshold))))
        (v128.store offset=16 (local.get $y) (v128.and (local.get $vkeep) (i32x4.ge_s
          (i32x4.shr_u (local.get $x) (i32.const 16)) (local.get $vthreshold))))
        (local.set $counter (i32x4.add (local.get $counter) (local.get $step)))
        (local.set $y (i32.add (local.get $y) (i32.const 32)))
        (br $next)))))
