using Graft.Hub;
using Graft.Models;
using Graft.Onnx;

namespace Graft.Peers;

/// <summary>The residual network of ML.NET's package, fetched on first use.</summary>
internal static class PublishedGraphFile
{
    public static string Path => PublishedModelFetcher.FetchAsync("mlnet-resnet18").GetAwaiter().GetResult().Files[0];

    /// <summary>The imported graph with a new head.</summary>
    public static ImageModel Open() => OnnxImageModel.Open(Path, new OnnxImageOptions { Classes = ImageShape.Standard.Classes });
}
