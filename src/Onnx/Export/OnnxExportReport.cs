namespace Graft.Onnx;

/// <summary>What was written.</summary>
/// <param name="Path">The file.</param>
/// <param name="Bytes">Its bytes, those of external data among them.</param>
/// <param name="Opset">The version of ONNX's operators.</param>
/// <param name="Inputs">The inputs, each with its axes: <c>pixel_values [batch, 3, 224, 224]</c>.</param>
/// <param name="Outputs">The outputs likewise.</param>
/// <param name="Operators">How often each operator stands in the graph, by name.</param>
/// <param name="Initialisers">How many tensors of numbers the file has.</param>
/// <param name="Parameters">How many floats they are together.</param>
/// <param name="Notes">What is not as it was asked for: an axis that had to be fixed, and why.</param>
public sealed record OnnxExportReport(
    string Path, long Bytes, int Opset, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyDictionary<string, int> Operators,
    int Initialisers, long Parameters, IReadOnlyList<string> Notes);
