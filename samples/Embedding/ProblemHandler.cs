using Graft.Models;
using Graft.Tasks;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace Graft.Samples.Embedding;

/// <summary>Says what was wrong with a request as problem+json (RFC 9457). What is not listed here is a fault of the server's: 500, and
/// the log has the rest.</summary>
internal sealed class ProblemHandler(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellation)
    {
        var (status, title) = exception switch
        {
            ImageException => (StatusCodes.Status400BadRequest, "This is no picture that can be read."),
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => (StatusCodes.Status413PayloadTooLarge, "The file is too large."),
            BadHttpRequestException bad => (bad.StatusCode, "The request cannot be read."),
            InvalidDataException => (StatusCodes.Status400BadRequest, "The form cannot be read."),
            CheckpointException => (StatusCodes.Status409Conflict, "The classifier cannot answer before it is fine-tuned."),
            QueueFullException => (StatusCodes.Status503ServiceUnavailable, "The classifier is busy."),
            _ => (0, ""),
        };
        if (status == 0) return false;
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable) context.Response.Headers.RetryAfter = "1";
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = context,
            Exception = exception,
            ProblemDetails = new ProblemDetails { Status = status, Title = title, Detail = exception.Message },
        });
    }
}
