//! Runs an ONNX file in tract: `plain-onnx MODEL FEEDS`, FEEDS a line per input: name, rows, columns, values (int64).
use tract_onnx::prelude::*;

fn main() -> TractResult<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let mut model = tract_onnx::onnx().model_for_path(&arguments[1])?;
    let mut feeds = tvec!();
    for (i, line) in std::fs::read_to_string(&arguments[2])?.lines().enumerate() {
        let values: Vec<i64> = line.split(' ').skip(1).map(|number| number.parse().unwrap()).collect();
        let shape = [values[0] as usize, values[1] as usize];
        model.set_input_fact(i, i64::fact(shape).into())?;
        feeds.push(Tensor::from_shape(&shape, &values[2..])?.into());
    }
    // Not optimised: the pass ChangeAxes of tract 0.21 fails on reshapes of a batch.
    let result = model.into_typed()?.into_runnable()?.run(feeds)?;
    for value in result[0].to_array_view::<f32>()?.iter() {
        println!("{value}");
    }
    Ok(())
}
