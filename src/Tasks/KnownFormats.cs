using Graft.Formats;
using Graft.Onnx;

namespace Graft.Tasks;

/// <summary>The formats of checkpoints and kinds of folders that other rooms read.</summary>
public static class KnownFormats
{
    /// <summary>Lets <see cref="Checkpoint.Open"/> read all of them from now on; again does nothing. <see cref="ImageModelSource"/> does so by itself.</summary>
    public static void Register()
    {
        KerasFormat.Register();
        TensorFlowLiteFormat.Register();
        OnnxImageModel.Register();
    }
}
