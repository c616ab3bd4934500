namespace Graft.Samples.Embedding;

/// <summary>A picture's file as a request brings it, and what messages call it.</summary>
internal sealed record Upload(byte[] Bytes, string Name)
{
    /// <summary>Takes the first file of a form, or else the body as it is. Reading ends where the client goes or sends too much.</summary>
    public static async Task<Upload> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        // only such a form can hold a file: curl calls any body a form of the other kind
        if (request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) != true)
            return new Upload(await ReadAsync(request.Body, cancellation), "the request's body");
        var form = await request.ReadFormAsync(cancellation);
        var file = form.Files.Count > 0 ? form.Files[0] : throw new BadHttpRequestException("the form holds no file");
        await using var stream = file.OpenReadStream();
        return new Upload(await ReadAsync(stream, cancellation), file.FileName);
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        using var memory = new MemoryStream();
        await stream.CopyToAsync(memory, cancellation);
        return memory.ToArray();
    }
}
